/**
 * What a module declares and exports, read from its syntax: names, source text of the signatures, comments, and where the
 * types come from that are named in them. Nothing is inferred, so an export without a written type is refused.
 */
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parseSync, type ESTree } from "vite";
import { NO_COMMENT, readDocComment, type DocComment } from "./doc-comment.ts";

export interface Member {
  readonly name: string;
  /** `name?: Type` or `name(argument: Type): Result`, as it is written. */
  readonly signature: string;
  /** Of a field. */
  readonly type?: string;
  readonly optional: boolean;
  readonly doc: DocComment;
}

export interface Declaration {
  readonly name: string;
  readonly file: string;
  readonly kind: "interface" | "class" | "type" | "function" | "const";
  /** The head of an interface or class, all of anything else; without bodies. */
  readonly signature: string;
  readonly members: readonly Member[];
  readonly doc: DocComment;
  /** Names of types in the signatures, whatever they turn out to be. */
  readonly mentions: ReadonlySet<string>;
}

interface Module {
  readonly declarations: ReadonlyMap<string, Declaration>;
  /** Local name → where it comes from. */
  readonly imports: ReadonlyMap<string, Origin>;
  /** Exported name → where it comes from; what the module declares itself has no file. */
  readonly exports: ReadonlyMap<string, Origin | { readonly name: string; readonly file?: undefined }>;
}

interface Origin {
  readonly name: string;
  readonly file: string;
}

/** Reads modules, each once. */
export interface Sources {
  /** What an entry exports, by the exported name, in the order of the exports. */
  exportsOf(file: string): Promise<Map<string, Declaration>>;
  /** The declaration behind a name in a file; undefined where the name is a global or of a package. */
  find(name: string, file: string): Promise<Declaration | undefined>;
}

export function createSources(): Sources {
  const modules = new Map<string, Promise<Module>>();
  const moduleOf = (file: string) => {
    let found = modules.get(file);
    if (!found) modules.set(file, (found = readModule(file)));
    return found;
  };
  async function exported(name: string, file: string): Promise<Declaration> {
    const { declarations, exports } = await moduleOf(file);
    const origin = exports.get(name);
    const declaration =
      origin && (origin.file ? await exported(origin.name, origin.file) : declarations.get(origin.name));
    if (!declaration) throw new Error(`${file} exports no declaration of the name ${name}`);
    return declaration;
  }
  return {
    async exportsOf(file) {
      const found = new Map<string, Declaration>();
      for (const name of (await moduleOf(file)).exports.keys()) found.set(name, await exported(name, file));
      return found;
    },
    async find(name, file) {
      const { declarations, imports } = await moduleOf(file);
      const origin = imports.get(name);
      return origin ? exported(origin.name, origin.file) : declarations.get(name);
    },
  };
}

async function readModule(file: string): Promise<Module> {
  const source = await readFile(file, "utf8");
  const { program, comments, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]!.message}`);
  const docs = new Map<number, DocComment>();
  for (const { type, value, end } of comments) {
    if (type === "Block" && value.startsWith("*")) docs.set(end, readDocComment(value));
  }
  const docBefore = (start: number) => docs.get(source.slice(0, start).trimEnd().length) ?? NO_COMMENT;
  const declarations = new Map<string, Declaration>();
  const imports = new Map<string, Origin>();
  const exports = new Map<string, Origin | { name: string }>();
  const origin = (from: string) => (from.startsWith(".") ? resolve(dirname(file), from) : undefined);
  for (const statement of program.body) {
    if (statement.type === "ImportDeclaration") {
      const from = origin(statement.source.value);
      for (const each of statement.specifiers) {
        if (!from || each.type !== "ImportSpecifier") continue;
        imports.set(each.local.name, { name: nameOf(each.imported), file: from });
      }
    } else if (statement.type === "ExportNamedDeclaration" && !statement.declaration) {
      const from = statement.source && origin(statement.source.value);
      for (const each of statement.specifiers) {
        const local = nameOf(each.local);
        exports.set(
          nameOf(each.exported),
          from ? { name: local, file: from } : (imports.get(local) ?? { name: local }),
        );
      }
    } else if (statement.type === "ExportAllDeclaration") {
      throw new Error(`${file}: an entry names what it exports; export * does not`);
    } else {
      const exporting = statement.type === "ExportNamedDeclaration";
      const declared = exporting ? statement.declaration! : statement;
      for (const each of declarationsOf(declared, { source, file, docBefore, start: statement.start })) {
        declarations.set(each.name, each);
        if (exporting) exports.set(each.name, { name: each.name });
      }
    }
  }
  return { declarations, imports, exports };
}

interface Place {
  readonly source: string;
  readonly file: string;
  /** Where the statement begins. */
  readonly start: number;
  docBefore(start: number): DocComment;
}

function declarationsOf(node: ESTree.Statement, place: Place): Declaration[] {
  const { source, file } = place;
  const doc = place.docBefore(place.start);
  const make = (
    name: string,
    kind: Declaration["kind"],
    end: number,
    seen: readonly unknown[],
    members: readonly Member[] = [],
  ): Declaration[] => {
    const signature = source.slice(node.start, end).trim().replace(/;$/, "");
    return [{ name, file, kind, signature, members, doc, mentions: mentionsIn(seen) }];
  };
  switch (node.type) {
    case "TSInterfaceDeclaration": {
      const members = node.body.body.flatMap((each) => memberOf(each, place));
      return make(node.id.name, "interface", node.body.start, [node], members);
    }
    case "TSTypeAliasDeclaration": {
      const values = listedValues(node, source);
      if (!values) return make(node.id.name, "type", node.end, [node]);
      const signature = `type ${node.id.name} = ${values.join(" | ")}`;
      return [{ name: node.id.name, file, kind: "type", signature, members: [], doc, mentions: new Set() }];
    }
    case "FunctionDeclaration": {
      const { id, params, returnType, typeParameters, body } = node;
      return make(id!.name, "function", body?.start ?? node.end, [params, returnType, typeParameters]);
    }
    case "ClassDeclaration": {
      const members = node.body.body.flatMap((each) => classMemberOf(each, place));
      const typed = node.body.body.map((each): unknown =>
        each.type === "MethodDefinition"
          ? each.value.params
          : each.type === "PropertyDefinition" && each.typeAnnotation,
      );
      return make(node.id!.name, "class", node.body.start, typed, members);
    }
    case "VariableDeclaration":
      return node.declarations.flatMap((each) =>
        each.id.type === "Identifier" ? make(each.id.name, "const", node.end, [each.id]) : [],
      );
    default:
      return [];
  }
}

/** Of `(typeof NAMES)[number]`, where the list stands in the same file: what is in it. A reader wants to see that. */
function listedValues(node: ESTree.TSTypeAliasDeclaration, source: string): string[] | undefined {
  const text = source.slice(node.typeAnnotation.start, node.typeAnnotation.end);
  const [, list] = /^\(typeof (\w+)\)\[number\]$/.exec(text) ?? [];
  const [, values] = (list && new RegExp(`const ${list} = \\[([^\\]]*)\\] as const`).exec(source)) || [];
  return values?.split(",").flatMap((value) => value.trim() || []);
}

function memberOf(node: ESTree.TSSignature, place: Place): Member[] {
  const { source } = place;
  const doc = place.docBefore(node.start);
  const signature = unindented(source, node.start, node.end);
  if (node.type === "TSPropertySignature") {
    const type =
      node.typeAnnotation && unindented(source, node.typeAnnotation.typeAnnotation.start, node.typeAnnotation.end);
    if (!type) throw new Error(`${place.file}: ${signature} has no type`);
    return [{ name: source.slice(node.key.start, node.key.end), signature, type, optional: node.optional, doc }];
  }
  if (node.type === "TSIndexSignature") {
    const [name, type] = signature.split(/(?<=\]): /);
    return [{ name: name!, signature, type, optional: false, doc }];
  }
  if (node.type === "TSMethodSignature") {
    return [{ name: source.slice(node.key.start, node.key.end), signature, optional: node.optional, doc }];
  }
  throw new Error(`${place.file}: the reference has no place for ${signature}`);
}

/** Public fields, methods and the constructor. */
function classMemberOf(node: ESTree.ClassElement, place: Place): Member[] {
  const { source } = place;
  if (!("key" in node) || node.key.type === "PrivateIdentifier") return [];
  if (node.type === "PropertyDefinition" && node.typeAnnotation) {
    const type = unindented(source, node.typeAnnotation.typeAnnotation.start, node.typeAnnotation.end);
    const name = source.slice(node.key.start, node.key.end);
    return [
      { name, signature: `${name}: ${type}`, type, optional: node.optional ?? false, doc: place.docBefore(node.start) },
    ];
  }
  if (node.type === "MethodDefinition") {
    const name = source.slice(node.key.start, node.key.end);
    const signature = unindented(source, node.start, node.value.body?.start ?? node.end);
    return [{ name, signature, optional: false, doc: place.docBefore(node.start) }];
  }
  return [];
}

/** Source text without the indentation of the line on which it begins. */
function unindented(source: string, start: number, end: number): string {
  const indent = /^ */.exec(source.slice(source.lastIndexOf("\n", start - 1) + 1))![0];
  return source.slice(start, end).trim().replace(/;$/, "").replaceAll(`\n${indent}`, "\n");
}

function nameOf(node: ESTree.ModuleExportName): string {
  return node.type === "Literal" ? node.value : node.name;
}

/** The types that some syntax names; parameters of types, which are short, are among them. */
function mentionsIn(syntax: unknown): Set<string> {
  const found = new Set<string>();
  const walk = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(walk);
    else if (typeof node === "object" && node !== null) {
      const { type, typeName, exprName, expression } = node as { type?: string } & Record<string, Named | undefined>;
      const named = type === "TSInterfaceHeritage" ? expression : (typeName ?? exprName);
      if (named?.name) found.add(named.name);
      Object.values(node).forEach(walk);
    }
  };
  walk(syntax);
  return found;
}

interface Named {
  readonly name?: string;
}
