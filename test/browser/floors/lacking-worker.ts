/** The SDK's web worker in a browser that lacks something. Imports are evaluated in their order. */
import "./lack.ts";
import "../../../client-sdk/worker.ts";
