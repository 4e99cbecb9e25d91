import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  activate,
  CHANNEL_LIFE_MS,
  nextChannel,
  parseChannel,
  parseChannelAction,
  replaceRules,
  rollback,
  servedReleases,
} from "../../../shared/channel.ts";
import type { Channel } from "../../../shared/channel.ts";
import { NearfeedError } from "../../../shared/errors.ts";
import { parseManifest, ROUTES } from "../../../shared/protocol.ts";
import {
  blobsOf,
  deviceFiles,
  MAX_BLOB_BYTES,
  parseRelease,
  releaseFiles,
  releaseId,
} from "../../../shared/release.ts";
import type { Release } from "../../../shared/release.ts";
import { digest, smallRelease, text } from "../../harness/small-release.ts";

const { release } = await smallRelease();
const [a, b, c] = ["a", "b", "c"].map((digit) => digit.repeat(32));
const NOW = 1_760_000_000_000;

function errorOf(parse: () => unknown): [string, string | undefined] | null {
  try {
    parse();
    return null;
  } catch (error) {
    return error instanceof NearfeedError ? [error.code, error.path] : ["another error", String(error)];
  }
}

describe("release.json", () => {
  test("comes back as it was", () => {
    expect(parseRelease(JSON.parse(JSON.stringify(release)))).toEqual(release);
    expect(releaseFiles(release).map(({ name }) => name)).toEqual([
      "index.safetensors",
      "ids.safetensors",
      "catalog.safetensors",
      "neighbours.safetensors",
      "constants.safetensors",
      "cells.safetensors",
      "pools.safetensors",
      "rows.safetensors",
    ]);
    expect(releaseFiles(release).filter((file) => !deviceFiles(release).includes(file))).toEqual([
      release.files.pools,
      release.files.rows,
    ]);
  });

  const { files } = release;
  const inParts = (bytes: number[], whole: number): object => ({
    ...release,
    costs: { ...release.costs!, device: release.costs!.device - files.index.bytes + whole },
    files: {
      ...files,
      index: { ...files.index, bytes: whole, parts: bytes.map((each) => ({ sha256: "1".repeat(64), bytes: each })) },
    },
  });

  test("has files in parts, whose blobs are those, and others, whose blob is the file", () => {
    const parsed = parseRelease(inParts([MAX_BLOB_BYTES, 7], MAX_BLOB_BYTES + 7));
    expect(blobsOf(parsed.files.index).map(({ bytes }) => bytes)).toEqual([MAX_BLOB_BYTES, 7]);
    expect(blobsOf(parsed.files.ids)).toEqual([files.ids]);
  });

  test.each<[unknown, string, string | undefined]>([
    [{ ...release, version: 2 }, "wrong_version", "version"],
    [{ ...release, protocol: 2 }, "wrong_version", "protocol"],
    [{ ...release, format: "other" }, "wrong_version", "format"],
    [{ ...release, id: "abc" }, "bad_value", "id"],
    [{ ...release, space: undefined }, "missing_field", "space"],
    [{ ...release, extra: 1 }, "unknown_field", "extra"],
    [{ ...release, dim: 0 }, "bad_value", "dim"],
    [{ ...release, files: { ...files, index: undefined } }, "missing_field", "files.index"],
    [{ ...release, files: { ...files, other: files.index } }, "unknown_field", "files.other"],
    [{ ...release, files: { ...files, ids: { ...files.ids, sha256: "x" } } }, "bad_value", "files.ids.sha256"],
    [{ ...release, files: { ...files, ids: { ...files.ids, name: "../x" } } }, "bad_value", "files.ids.name"],
    [
      { ...release, files: { ...files, ids: { ...files.ids, bytes: MAX_BLOB_BYTES + 1 } } },
      "bad_value",
      "files.ids.bytes",
    ],
    [inParts([5, 7], 13), "bad_value", "files.index.bytes"],
    [inParts([MAX_BLOB_BYTES + 1, 7], MAX_BLOB_BYTES + 8), "bad_value", "files.index.parts[0].bytes"],
    [inParts([5], 5), "bad_value", "files.index.parts"],
    [inParts(Array<number>(65).fill(1), 65), "too_many", "files.index.parts"],
    [{ ...release, costs: undefined }, "bad_value", undefined],
    [{ ...release, files: { ...files, pools: undefined } }, "bad_value", undefined],
    [{ ...release, files: { ...files, rows: undefined } }, "bad_value", undefined],
    [{ ...release, costs: { ...release.costs, edge: 0 } }, "bad_value", "costs.edge"],
    [{ ...release, costs: { ...release.costs, device: 1 } }, "bad_value", "costs.device"],
    [{ ...release, uncertainty: { sigma: Number.NaN, rhoSquared: 1 } }, "not_finite", "uncertainty.sigma"],
    [{ ...release, linear: { ...release.linear, taste: Infinity } }, "not_finite", "linear.taste"],
    [{ ...release, files: { ...files, encoder: files.index } }, "bad_value", undefined],
    [{ ...release, signature: "0".repeat(64) }, "bad_value", undefined],
  ])("that is malformed is refused where it is: %#", (value, code, path) => {
    expect(errorOf(() => parseRelease(value))).toEqual([code, path]);
  });

  test("with models has encoder, ranker, heads and signature, and heads that fit each other", () => {
    const calibration = { a: 0, b: 1, c: 1 };
    const heads = { names: ["like", "skip"], weights: [1, -0.5], calibration: [calibration, calibration] };
    const deep = {
      ...release,
      signature: "0".repeat(64),
      heads,
      files: { ...files, encoder: files.index, ranker: files.ids },
    };
    expect(parseRelease(deep).heads).toEqual(heads);
    const wrong = [
      { ...heads, names: ["like", "like"] },
      { ...heads, weights: [1] },
      { ...heads, calibration: [] },
      { ...heads, weights: [1, 0.5] },
      { ...heads, surfaces: ["feed", "feed"] },
      { ...heads, surfaces: [] },
    ];
    const paths = wrong.map((each) => errorOf(() => parseRelease({ ...deep, heads: each })));
    expect(paths).toEqual([
      ["bad_value", "heads.names"],
      ["bad_value", "heads.weights"],
      ["bad_value", "heads.calibration"],
      ["bad_value", "heads.weights"],
      ["bad_value", "heads.surfaces"],
      ["bad_value", "heads.surfaces"],
    ]);
    const told = { ...heads, surfaces: ["feed", "shelf"] };
    expect(parseRelease({ ...deep, heads: told }).heads).toEqual(told);
  });

  test("has an id that any change of content changes, and the order of keys does not", async () => {
    const id = (each: Omit<Release, "id">) => releaseId(each, { digest, text });
    expect(await id(release)).toBe(release.id);
    expect(release.id).toMatch(/^[0-9a-f]{32}$/);
    expect(await id(Object.fromEntries(Object.entries(release).reverse()) as unknown as Release)).toBe(release.id);
    expect(await id({ ...release, createdAt: release.createdAt + 1 })).not.toBe(release.id);
    expect(await id({ ...release, metrics: { ndcg: 0.1 } })).not.toBe(release.id);
  });
});

describe("a channel", () => {
  const action = (value: object) => parseChannelAction(value);

  test("moves forward, back and forward again, its sequence always rising", () => {
    const one = nextChannel(null, "stable", action({ action: "activate", release: a, expect: 0 }), NOW);
    expect(one).toMatchObject({ release: a, previous: null, sequence: 1, expiresAt: NOW + CHANNEL_LIFE_MS });
    const two = nextChannel(one, "stable", action({ action: "activate", release: b, expect: 1 }), NOW);
    expect(two).toMatchObject({ release: b, previous: a, sequence: 2 });
    const back = nextChannel(two, "stable", action({ action: "rollback", expect: 2 }), NOW);
    expect(back).toMatchObject({ release: a, previous: b, sequence: 3 });
    expect(parseChannel(JSON.parse(JSON.stringify(back)))).toEqual(back);
  });

  test("renewed by activating the active release keeps its way back", () => {
    const two = activate(activate(null, "stable", a, NOW), "stable", b, NOW);
    const renewed = activate(two, "stable", b, NOW + 1);
    expect(renewed).toMatchObject({ release: b, previous: a, sequence: 3, expiresAt: NOW + 1 + CHANNEL_LIFE_MS });
  });

  test("refuses what was decided on another state", () => {
    const one = activate(null, "stable", a, NOW);
    for (const seen of [0, 2, 99]) {
      const wanted = action({ action: "activate", release: b, expect: seen });
      expect(errorOf(() => nextChannel(one, "stable", wanted, NOW))).toEqual(["sequence_conflict", "expect"]);
    }
    expect(errorOf(() => nextChannel(null, "stable", { action: "rollback", expect: 0 }, NOW))?.[0]).toBe(
      "unknown_channel",
    );
    expect(errorOf(() => nextChannel(one, "stable", { action: "rollback", expect: 1 }, NOW))?.[0]).toBe("no_previous");
  });

  test("always serves what it points at, and its sequence rises by one, whatever is done to it", () => {
    const step = fc.oneof(fc.constantFrom(a, b, c), fc.constant(null));
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), (steps) => {
        let channel: Channel = activate(null, "stable", a, NOW);
        for (const target of steps) {
          const before = channel;
          const { sequence } = before;
          if (target === null && before.previous === null) continue;
          channel = nextChannel(
            before,
            "stable",
            target === null
              ? { action: "rollback", expect: sequence }
              : { action: "activate", release: target, expect: sequence },
            NOW,
          );
          expect(channel.sequence).toBe(sequence + 1);
          expect(servedReleases(channel)).toContain(before.release);
          expect(servedReleases(channel)).toContain(channel.release);
          expect(channel.previous).not.toBe(channel.release);
        }
      }),
    );
  });

  test("starts a canary, changes its percentage, and ends it either way", () => {
    const one = activate(null, "stable", a, NOW);
    const started = nextChannel(one, "stable", action({ action: "canary", release: c, percent: 5, expect: 1 }), NOW);
    expect(started).toMatchObject({ release: a, previous: null, canary: { release: c, percent: 5 }, sequence: 2 });
    expect(servedReleases(started)).toEqual([a, c]);
    expect(parseChannel(JSON.parse(JSON.stringify(started)))).toEqual(started);
    const more = nextChannel(started, "stable", action({ action: "canary", release: c, percent: 50, expect: 2 }), NOW);
    expect(more.canary).toEqual({ release: c, percent: 50 });
    const promoted = nextChannel(more, "stable", action({ action: "promote", expect: 3 }), NOW);
    expect(promoted).toMatchObject({ release: c, previous: a, sequence: 4 });
    expect(promoted).not.toHaveProperty("canary");
    expect(nextChannel(promoted, "stable", action({ action: "rollback", expect: 4 }), NOW)).toMatchObject({
      release: a,
      previous: c,
    });
    const cancelled = nextChannel(more, "stable", action({ action: "cancel", expect: 3 }), NOW);
    expect(cancelled).toMatchObject({ release: a, previous: null, sequence: 4 });
    expect(cancelled).not.toHaveProperty("canary");
  });

  test("keeps its canary through a rollback and other rules, until it becomes the active release", () => {
    const two = activate(activate(null, "stable", a, NOW), "stable", b, NOW);
    const channel: Channel = { ...two, canary: { release: c, percent: 5 } };
    for (const wanted of [{ action: "rollback" }, { action: "rules", rules: [] }, { action: "activate", release: b }]) {
      const next = nextChannel(channel, "stable", action({ ...wanted, expect: 2 }), NOW);
      expect(next.canary).toEqual({ release: c, percent: 5 });
    }
    expect(activate(channel, "stable", c, NOW)).not.toHaveProperty("canary");
    // The release before may be tried again on some devices, and going back to it ends that.
    const retried: Channel = { ...two, canary: { release: a, percent: 5 } };
    expect(replaceRules(retried, "stable", [], NOW).canary).toEqual({ release: a, percent: 5 });
    expect(rollback(retried, "stable", NOW)).not.toHaveProperty("canary");
  });

  test("has no canary to end where none was started, and none that is active already", () => {
    const one = activate(null, "stable", a, NOW);
    for (const ends of ["promote", "cancel"] as const) {
      expect(errorOf(() => nextChannel(one, "stable", { action: ends, expect: 1 }, NOW))?.[0]).toBe("no_canary");
    }
    const same = action({ action: "canary", release: a, percent: 5, expect: 1 });
    expect(errorOf(() => nextChannel(one, "stable", same, NOW))).toEqual(["bad_value", "release"]);
    expect(errorOf(() => nextChannel(null, "stable", { ...same, expect: 0 }, NOW))?.[0]).toBe("unknown_channel");
  });

  test.each([
    [{ action: "activate", expect: 0 }, "missing_field", "release"],
    [{ action: "activate", release: "x", expect: 0 }, "bad_value", "release"],
    [{ action: "activate", release: a }, "missing_field", "expect"],
    [{ action: "activate", release: a, expect: -1 }, "bad_value", "expect"],
    [{ action: "rollback", release: a, expect: 0 }, "unknown_field", "release"],
    [{ action: "canary", release: a, expect: 0 }, "missing_field", "percent"],
    [{ action: "canary", release: a, percent: 101, expect: 0 }, "bad_value", "percent"],
    [{ action: "promote", release: a, expect: 0 }, "unknown_field", "release"],
    [{ action: "delete", expect: 0 }, "bad_value", "action"],
    [{ release: a, expect: 0 }, "missing_field", "action"],
    [null, "wrong_type", undefined],
  ])("takes no malformed action: %#", (value, code, path) => {
    expect(errorOf(() => parseChannelAction(value))).toEqual([code, path]);
  });
});

describe("the protocol", () => {
  test("has a manifest of channel, release and tombstones", () => {
    const manifest = { channel: activate(null, "stable", release.id, NOW), release, tombstones: ["item-1"] };
    expect(parseManifest(JSON.parse(JSON.stringify(manifest)))).toEqual(manifest);
    expect(errorOf(() => parseManifest({ ...manifest, release: { ...release, dim: "8" } }))).toEqual([
      "wrong_type",
      "release.dim",
    ]);
    expect(errorOf(() => parseManifest({ ...manifest, tombstones: [1] }))).toEqual(["wrong_type", "tombstones[0]"]);
  });

  test("escapes what stands in a path", () => {
    expect(ROUTES.manifest("a&b")).toBe("/v1/manifest?channel=a%26b");
    expect(ROUTES.start("r", { language: "de", region: "A B" })).toBe("/v1/r/start?language=de&region=A%20B");
    expect(ROUTES.start("r")).toBe("/v1/r/start");
  });
});
