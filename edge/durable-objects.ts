// Every Durable Object class there is: what a Worker exports beside its handlers, and its wrangler.toml names.

export { Catalogue } from "./catalogue/catalogue.ts";
export { EventStore } from "./events/event-store.ts";
export { LogKeeper } from "./events/log-keeper.ts";
export {
  IndexShard0,
  IndexShard1,
  IndexShard2,
  IndexShard3,
  IndexShard4,
  IndexShard5,
  IndexShard6,
  IndexShard7,
} from "./shards/slots.ts";
export { Trending } from "./trending/trending.ts";
