/** What the loop needs of a browser, whichever protocol drives it. */

/** One browser with a profile of its own, and one page in it. */
export interface Visitor {
  /** "Firefox 153.7.0" */
  readonly name: string;
  goto(url: string): Promise<void>;
  /** Runs the body of an async function in the page. @returns what it returns, as JSON. @throws Error as it throws */
  run<R>(body: string): Promise<R>;
  close(): Promise<void>;
}

/** A browser that the machine may have. */
export interface BrowserKind {
  readonly name: string;
  /** How Debian calls what it needs. */
  readonly packages: string;
  isInstalled(): Promise<boolean>;
  open(): Promise<Visitor>;
}
