// Every Durable Object class there is: what a Worker exports beside its handlers, and its wrangler.toml names.

export { Catalogue } from "./catalogue/catalogue.ts";
export { EventStore } from "./events/event-store.ts";
export { LogKeeper } from "./events/log-keeper.ts";
export * from "./shards/classes.ts";
export { Trending } from "./trending/trending.ts";
