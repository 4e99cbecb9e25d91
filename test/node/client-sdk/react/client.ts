/** Takes over the page that the server rendered. */
import { StrictMode, createElement as h } from "react";
import { hydrateRoot } from "react-dom/client";
import { Page, serverList } from "./page.ts";

hydrateRoot(document.querySelector("#root")!, h(StrictMode, null, h(Page, { initial: serverList })));
