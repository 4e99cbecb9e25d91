// A file for each floor, because a file has one edge with one active release.
import { steer } from "./steering/steer.ts";

steer("deep");
