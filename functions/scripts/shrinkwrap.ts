import { readFileSync, writeFileSync } from 'node:fs';

interface Package {
  readonly dev?: boolean;
  readonly devDependencies?: unknown;
  readonly [field: string]: unknown;
}

interface Lockfile {
  readonly name: string;
  readonly version: string;
  readonly lockfileVersion: number;
  readonly requires: boolean;
  readonly packages: Readonly<Record<string, Package>>;
}

/** The lockfile that is published: `package-lock.json` without the packages that only development needs. */
export function shrinkwrapOf(lock: Lockfile): Lockfile {
  const packages = Object.entries(lock.packages).flatMap(([path, { devDependencies, ...entry }]) =>
    entry.dev === true ? [] : [[path, entry] as const],
  );
  return { ...lock, packages: Object.fromEntries(packages) };
}

// While npm packs: beside `package-lock.json`, npm would prefer it.
if (import.meta.main) {
  const lock = shrinkwrapOf(JSON.parse(readFileSync('package-lock.json', 'utf8')));
  writeFileSync('npm-shrinkwrap.json', `${JSON.stringify(lock, null, 2)}\n`);
}
