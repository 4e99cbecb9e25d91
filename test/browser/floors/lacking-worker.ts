/** The SDK's web worker in a browser that lacks something. Imports are evaluated in their order, and for their effects. */
/* oxlint-disable import/no-unassigned-import */
import "./lack.ts";
import "../../../client-sdk/worker.ts";
