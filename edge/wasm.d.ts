// A static import of wasm is a compiled module in Workers, which cannot compile one from bytes.
declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}
