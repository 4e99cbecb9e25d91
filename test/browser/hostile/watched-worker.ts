/** The SDK's web worker, in a realm that may be broken, and one that tells what nobody caught. Imports run in their order. */
/* oxlint-disable import/no-unassigned-import */
import "./forward.ts";
import "./sabotage.ts";
import "../../../client-sdk/worker.ts";
