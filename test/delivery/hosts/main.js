import { createRecommender } from "nearfeed";
import { run } from "./loop.js";

run(createRecommender);
