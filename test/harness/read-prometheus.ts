// A strict reader of the Prometheus text format, as far as Nearfeed writes it: every line must be one of ours, every sample
// must belong to the family before it, and a histogram must add up. Not a general parser.

/** One sample: its labels in the order of the text, and its value. */
export interface ReadSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** All samples under one name. */
export interface ReadFamily {
  readonly type: string;
  readonly help: string;
  readonly samples: readonly ReadSample[];
}

const NAME = "[a-z_][a-z0-9_]*";
const HELP = new RegExp(`^# HELP (${NAME}) (\\S.*)$`);
const TYPE = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram)$`);
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.+)\\})? (\\d+(?:\\.\\d+)?(?:e-?\\d+)?)$`);
const LABEL = new RegExp(`(${NAME})="((?:[^"\\\\\\n]|\\\\["\\\\n])*)"(,|$)`, "y");

/** The families by name. @throws Error that names the first line that is wrong */
export function readPrometheus(text: string): Map<string, ReadFamily> {
  if (!text.endsWith("\n")) throw new Error("The text does not end with a line end.");
  const families = new Map<string, ReadFamily & { samples: ReadSample[] }>();
  const seen = new Set<string>();
  let current: { name: string; help: string; type?: string } | undefined;
  for (const line of text.slice(0, -1).split("\n")) {
    const wrong = (why: string) => new Error(`${why}: ${line}`);
    const help = HELP.exec(line);
    const type = TYPE.exec(line);
    if (help) {
      if (families.has(help[1]!)) throw wrong("a family twice");
      current = { name: help[1]!, help: help[2]! };
    } else if (type) {
      if (current?.name !== type[1] || current?.type !== undefined) throw wrong("a type without its help");
      current!.type = type[2]!;
      families.set(type[1]!, { type: type[2]!, help: current!.help, samples: [] });
    } else {
      const sample = SAMPLE.exec(line);
      if (!sample) throw wrong("no line of the format");
      const family = families.get(current?.name ?? "");
      const suffixes = family?.type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
      if (!suffixes.some((suffix) => sample[1] === `${current?.name}${suffix}`)) throw wrong("a sample of no family");
      const key = line.slice(0, line.lastIndexOf(" "));
      if (seen.has(key)) throw wrong("a series twice");
      seen.add(key);
      family!.samples.push({ name: sample[1]!, labels: readLabels(sample[2] ?? "", wrong), value: Number(sample[3]) });
    }
  }
  for (const [name, { type, samples }] of families) if (type === "histogram") checkHistogram(name, samples);
  return families;
}

function readLabels(text: string, wrong: (why: string) => Error): Record<string, string> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const match = LABEL.exec(text);
    if (!match || Object.hasOwn(labels, match[1]!)) throw wrong("labels that cannot be read");
    labels[match[1]!] = match[2]!.replace(/\\(.)/g, (_, character) => (character === "n" ? "\n" : character));
  }
  return labels;
}

/** Buckets grow up to +Inf, which is the count. */
function checkHistogram(name: string, samples: readonly ReadSample[]): void {
  const series = Map.groupBy(samples, ({ labels }) => JSON.stringify({ ...labels, le: undefined }));
  for (const [labels, group] of series) {
    const buckets = group.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels: { le } }) => (le === "+Inf" ? Infinity : Number(le)));
    const isSorted = bounds.every((bound, i) => i === 0 || bound > bounds[i - 1]!);
    const grows = buckets.every(({ value }, i) => i === 0 || value >= buckets[i - 1]!.value);
    const count = group.find((sample) => sample.name === `${name}_count`)?.value;
    const hasSum = group.some((sample) => sample.name === `${name}_sum`);
    if (!isSorted || !grows || !hasSum || bounds.at(-1) !== Infinity || buckets.at(-1)?.value !== count) {
      throw new Error(`${name} does not add up for ${labels}.`);
    }
  }
}
