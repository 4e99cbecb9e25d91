/**
 * `nearfeed/devtools`: a panel that shows what a recommender knows, why it shows what it shows, and what left the device.
 * For people who use an app and for people who build one. It uses the public API and nothing else.
 */
export { mountPanel } from "./panel.ts";
export type { Described, Panel, PanelOptions, PanelView } from "./options.ts";
