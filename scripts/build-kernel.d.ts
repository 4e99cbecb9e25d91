/**
 * Builds the kernel if it is not fresh.
 *
 * @param root the project's folder
 * @returns the path of the wasm file
 * @throws Error with what the compiler said
 */
export declare function buildKernel(root: string): Promise<string>;
/** Builds it and puts it where the compiled edge finds it. */
export declare function packKernel(root: string): Promise<void>;
