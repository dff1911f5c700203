import { readFileSync, writeFileSync } from 'node:fs';

interface Package {
  readonly dev?: boolean;
  readonly devDependencies?: unknown;
  readonly [field: string]: unknown;
}

interface Lockfile {
  readonly packages: Readonly<Record<string, Package>>;
}

/**
 * Writes `npm-shrinkwrap.json`: `package-lock.json` without the packages that only development needs. Only while npm packs,
 * since npm would prefer it to `package-lock.json`.
 */
const lock: Lockfile = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const published = Object.entries(lock.packages)
  .filter(([, { dev }]) => dev !== true)
  .map(([path, { devDependencies, ...entry }]) => [path, entry] as const);
const shrinkwrap = { ...lock, packages: Object.fromEntries(published) };
writeFileSync('npm-shrinkwrap.json', `${JSON.stringify(shrinkwrap, null, 2)}\n`);
