/** @file What runs inside the browser: files that are served beside the page. */

/** A file beside the page, as a page gets it from a user. */
export async function fileOf(name: string): Promise<File> {
  const response = await fetch(encodeURI(name));
  if (!response.ok) throw new Error(`${name}: status ${response.status}`);
  return new File([await response.blob()], name);
}
