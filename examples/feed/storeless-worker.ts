/** The SDK's worker in a browser that has no IndexedDB, for the state `no-storage`. */
/* oxlint-disable import/no-unassigned-import */
import "./without-storage.ts";
import "nearfeed/worker";
