import { readFileSync } from 'node:fs';
import { SourceMap, type SourceOrigin } from 'node:module';

/** Where the bundle is: this module is a part of it. */
const BUNDLE = new URL('.', import.meta.url).href;

/** The maps of the files in the bundle, read at the first error with a frame in the file. `null`: it has none. */
const maps = new Map<string, SourceMap | null>();

function mapOf(url: string): SourceMap | null {
  const known = maps.get(url);
  if (known !== undefined) return known;
  let map: SourceMap | null = null;
  try {
    map = new SourceMap(JSON.parse(readFileSync(new URL(`${url}.map`), 'utf8')));
  } catch {
    // Not bundled, or not deployed: the position in the bundle stays.
  }
  maps.set(url, map);
  return map;
}

/**
 * A stack with the positions in the source instead of the bundle. `process.setSourceMapsEnabled` would read all maps when
 * the bundle is loaded, which takes a third more of a cold start's time, and 39 MB.
 */
export function withSourcePositions(stack: string): string {
  return stack.replace(/^( +at .*?)(file:\/\/\S+?\.js):(\d+):(\d+)/gm, (frame, before, url, line, column) => {
    const map = url.startsWith(BUNDLE) ? mapOf(url) : null;
    // Both count from 1. Without a position, the answer is empty.
    const found: Partial<SourceOrigin> = map?.findOrigin(Number(line), Number(column)) ?? {};
    const { fileName, lineNumber, columnNumber } = found;
    if (fileName === undefined) return frame;
    return `${before}${fileName.replace(/^(\.\.\/)+/, '')}:${lineNumber}:${columnNumber}`;
  });
}
