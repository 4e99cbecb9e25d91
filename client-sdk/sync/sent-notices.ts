/** Tells of every request before it leaves, so that a page can show the person what their device sends. */
import { textCodec } from "../runtime.ts";
import type { Notices } from "../types.ts";
import type { Send } from "./http.ts";

export function withNotices(send: Send, tell: (notice: Notices["sent"]) => void): Send {
  return (url, request, options) => {
    const { method, body = "", events = 0 } = request;
    tell({ url, method, bytes: textCodec.encode(body).length, events });
    return send(url, request, options);
  };
}
