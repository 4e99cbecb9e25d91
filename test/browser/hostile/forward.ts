/** Tells the page what nobody caught in this worker: browsers say it on the console only. Imported before anything else. */
addEventListener("unhandledrejection", ({ reason }) => {
  postMessage({ uncaught: reason instanceof Error ? (reason.stack ?? reason.message) : String(reason) });
});
