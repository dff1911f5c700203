import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const PACKAGE = join(import.meta.dirname, '..');
type Versions = Readonly<Record<string, string>>;
const read = (path: string) =>
  JSON.parse(readFileSync(join(PACKAGE, path), 'utf8')) as {
    exports: Versions;
    bin: Versions;
    dependencies: Versions;
    devDependencies: Versions;
  };

/** The packages that files import. */
function importsOf(files: string[]): string[] {
  const names = files.flatMap((file) =>
    [...readFileSync(join(PACKAGE, file), 'utf8').matchAll(/\bfrom '([^.'][^']*)'/g)].map(
      ([, name = '']) => name,
    ),
  );
  return [...new Set(names)].filter((name) => !name.startsWith('node:')).sort();
}

describe('embedded Firestore: package.json', () => {
  const { exports, bin, dependencies, devDependencies } = read('package.json');
  const files = globSync('**/*.ts', { cwd: PACKAGE, exclude: ['node_modules'] });
  const isTest = (file: string) => /^test(-official)?\//.test(file);

  it('declares the packages that the source and the tests import', () => {
    assert.deepEqual(
      importsOf(files.filter((file) => !isTest(file))),
      // `proto.ts` resolves the SDK's protos by name.
      Object.keys(dependencies).filter((name) => name !== '@google-cloud/firestore'),
    );
    const ofTests = Object.keys({ ...dependencies, ...devDependencies });
    assert.deepEqual(
      importsOf(files.filter(isTest)).filter((name) => !ofTests.includes(name)),
      [],
    );
  });

  it('has the versions that the root package installs', () => {
    const root = read('../../package.json').devDependencies;
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      assert.equal(root[name], version, name);
    }
  });

  it('exports existing files', () => {
    for (const path of Object.values({ ...exports, ...bin })) assert.ok(files.includes(path.slice(2)), path);
  });
});
