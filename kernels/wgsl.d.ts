/**
 * A WGSL file imported as a module is its text (scripts/register.mjs in development, esbuild's text loader in builds).
 */
declare module '*.wgsl' {
  const source: string;
  export default source;
}
