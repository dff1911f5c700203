// The default export: Node 22 has `matchesGlob` since 22.5.
import path from 'node:path';

/** What a rewrite, or an entry of the headers, in `hosting` of firebase.json is for. */
export interface HostingEntry {
  readonly source?: string | undefined;
  readonly glob?: string | undefined;
  readonly regex?: string | undefined;
}

/** Is an entry of `hosting` for the path of a request? */
export function isFor({ source, glob = source, regex }: HostingEntry, requested: string): boolean {
  if (regex !== undefined) return new RegExp(regex).test(requested);
  if (glob === undefined) return false;
  return glob.startsWith('!')
    ? !path.matchesGlob(requested, glob.slice(1))
    : path.matchesGlob(requested, glob);
}
