/**
 * Importing a WGSL file as a module gives its text. In development scripts/register.mjs loads it, and in builds
 * esbuild's text loader does.
 */
declare module '*.wgsl' {
  const source: string;
  export default source;
}
