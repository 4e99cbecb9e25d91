/** Takes from this browser what the address names: `?lacks=WebAssembly,indexedDB`. Imported before what may miss it. */
for (const name of new URLSearchParams(location.search).get("lacks")!.split(",").filter(Boolean)) {
  Object.defineProperty(globalThis, name, { value: undefined });
}
