/**
 * Item columns as safetensors tensors: the part that index and candidates files have in common.
 *
 * Reading checks every column against the number of items and against the dictionaries, so that nothing after it has to.
 */
import { APPEALS } from "./appeal.ts";
import type { Dictionaries, ItemColumns } from "./item-columns.ts";
import { badFormat, checkRange, takeTensor } from "./format-checks.ts";
import { tensor } from "./safetensors.ts";
import type { Safetensors, Tensor } from "./safetensors.ts";
import { checkStarts } from "./string-table.ts";

/** The scan reads rows in steps of 4 bytes. */
const DIM_STEP = 4;

export function columnTensors(columns: ItemColumns): Record<string, Tensor> {
  return {
    scale: tensor(columns.scale),
    popularity: tensor(columns.popularity),
    ...(columns.appeal && { appeal: tensor(columns.appeal, [columns.size, APPEALS.length]) }),
    uncertainty: tensor(columns.uncertainty),
    published_at: tensor(columns.publishedAt),
    history: tensor(columns.history),
    author: tensor(columns.author),
    category_start: tensor(columns.categoryStart),
    region_start: tensor(columns.regionStart),
    category: tensor(columns.category),
    region: tensor(columns.region),
    duration: tensor(columns.duration),
    vectors: tensor(columns.vectors, [columns.size, columns.dim]),
    language: tensor(columns.language),
  };
}

export function dictionaryMetadata(dictionaries: Dictionaries): Record<string, string> {
  return {
    categories: JSON.stringify(dictionaries.categories),
    languages: JSON.stringify(dictionaries.languages),
    regions: JSON.stringify(dictionaries.regions),
  };
}

/** @throws NearfeedError `bad_format` with the column that does not fit. */
export function readColumns(file: Safetensors, dictionaries: Dictionaries): ItemColumns {
  const shape = file.tensors.get("vectors")?.shape ?? [];
  const [n = 0, dim = 0] = shape;
  if (shape.length !== 2 || dim === 0 || dim % DIM_STEP !== 0) {
    throw badFormat(`"vectors" has shape [${shape}], expected [n, d] with d a multiple of ${DIM_STEP}.`, "vectors");
  }
  const columns: ItemColumns = {
    size: n,
    dim,
    vectors: takeTensor(file, "vectors", "I8", [n, dim]),
    scale: takeTensor(file, "scale", "F32", [n]),
    popularity: takeTensor(file, "popularity", "F32", [n]),
    ...(file.tensors.has("appeal") && { appeal: takeTensor(file, "appeal", "F32", [n, APPEALS.length]) }),
    uncertainty: takeTensor(file, "uncertainty", "F32", [n]),
    publishedAt: takeTensor(file, "published_at", "U32", [n]),
    history: takeTensor(file, "history", "U32", [n]),
    author: takeTensor(file, "author", "U32", [n]),
    duration: takeTensor(file, "duration", "U16", [n]),
    language: takeTensor(file, "language", "U8", [n]),
    categoryStart: takeTensor(file, "category_start", "U32", [n + 1]),
    category: takeTensor(file, "category", "U16", [-1]),
    regionStart: takeTensor(file, "region_start", "U32", [n + 1]),
    region: takeTensor(file, "region", "U16", [-1]),
  };
  checkStarts(columns.categoryStart, columns.category.length, "category_start");
  checkStarts(columns.regionStart, columns.region.length, "region_start");
  checkBelow(columns.category, dictionaries.categories.length, "category");
  checkBelow(columns.region, dictionaries.regions.length, "region");
  checkBelow(columns.language, dictionaries.languages.length + 1, "language");
  checkRange(columns.scale, "scale", 0);
  checkRange(columns.popularity, "popularity", 0);
  if (columns.appeal) checkRange(columns.appeal, "appeal");
  checkRange(columns.uncertainty, "uncertainty", 0);
  return columns;
}

/** @throws NearfeedError `bad_format` where a dictionary is missing or is not a list of strings. */
export function readDictionaries(file: Pick<Safetensors, "metadata">): Dictionaries {
  const read = (name: string): string[] => {
    let list: unknown;
    try {
      list = JSON.parse(file.metadata[name] ?? "");
    } catch {
      list = undefined;
    }
    if (!Array.isArray(list) || !list.every((entry) => typeof entry === "string")) {
      throw badFormat(`Metadata "${name}" is not a JSON list of strings.`, `__metadata__.${name}`);
    }
    return list;
  };
  return { categories: read("categories"), languages: read("languages"), regions: read("regions") };
}

/** @throws NearfeedError `bad_format` where a metadata entry is absent. */
export function takeMetadata(file: Pick<Safetensors, "metadata">, name: string): string {
  const value = file.metadata[name];
  if (value === undefined) throw badFormat(`Metadata "${name}" is missing.`, `__metadata__.${name}`);
  return value;
}

function checkBelow(values: ArrayLike<number>, bound: number, name: string): void {
  for (let i = 0; i < values.length; i++) {
    if (values[i]! >= bound)
      throw badFormat(`"${name}" holds ${values[i]}, expected less than ${bound}.`, `${name}[${i}]`);
  }
}
