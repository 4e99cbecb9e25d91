/** Beside the slow runtime lies the worker as it is. */
export { serve } from "../../../../client-sdk/worker.ts";
