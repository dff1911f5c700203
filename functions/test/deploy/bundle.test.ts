import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildOnce, type FrameworkProcess, startFramework } from '../helpers/framework.ts';
import { PROJECT } from '../helpers/google.ts';

const FUNCTIONS = fileURLToPath(new URL('../..', import.meta.url));
const built = () => globSync('lib/**/*.js', { cwd: FUNCTIONS }).sort();
const text = (file: string) => readFileSync(join(FUNCTIONS, file), 'utf8');

/** The modules that a file imports when it is loaded, or at any time. Minified code has no spaces there, unlike messages. */
function importsOf(file: string, when: 'loaded' | 'ever'): string[] {
  const patterns = {
    loaded: /(?<![\w.])(?:from|import)(['"])([\w@:./-]+)\1/g,
    ever: /(?<![\w.])(?:from|import\(?|require\()(['"])([\w@:./-]+)\1/g,
  };
  return [...text(file).matchAll(patterns[when])].map(([, , specifier = '']) => specifier);
}

/** The packages that are loaded with the function, by the source maps. */
function packagesLoaded(): string[] {
  const loaded = new Set(['lib/index.js']);
  for (const file of loaded) {
    const own = importsOf(file, 'loaded').filter((target) => target.startsWith('.'));
    for (const target of own) loaded.add(join(dirname(file), target));
  }
  const sources: string[] = [...loaded].flatMap((file) => JSON.parse(text(`${file}.map`)).sources);
  const names = sources.map((source) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? 'own');
  return [...new Set(names)].sort();
}

describe('the bundle', function () {
  this.timeout(60_000);

  before(buildOnce);

  it('imports no package: it contains all of them', () => {
    const imported = built().flatMap((file) => importsOf(file, 'ever'));
    assert.ok(imported.includes('node:crypto'));
    assert.deepEqual(
      imported.filter((specifier) => !isBuiltin(specifier) && !specifier.startsWith('.')),
      [],
    );
  });

  it('loads few packages before the first request: no Admin SDK, Firestore or Express', () => {
    const expected = [
      'cookie',
      'cors',
      'firebase-functions',
      'helmet',
      'lru-cache',
      'object-assign',
      'own',
      'vary',
      'zod',
    ];
    assert.deepEqual(packagesLoaded(), expected);
  });

  it('contains no file of an earlier build', () => {
    const stray = join(FUNCTIONS, 'lib/of-an-earlier-build.js');
    const before = built();
    writeFileSync(stray, '');
    execFileSync(process.execPath, ['scripts/build.ts'], { cwd: FUNCTIONS, stdio: 'pipe' });
    assert.ok(!existsSync(stray));
    assert.deepEqual(built(), before);
  });

  describe('of a blocking function', () => {
    let blocking: FrameworkProcess;

    before(async () => {
      blocking = await startFramework({ FUNCTION_TARGET: 'beforeUserCreated' });
    });

    after(() => blocking.stop());

    it('loads the Admin SDK to verify a token, and refuses one of another project', async () => {
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const iss = 'https://securetoken.google.com/another-project';
      const aud = 'https://beforeusercreated-x.a.run.app';
      const jwt = `${part({ alg: 'RS256', kid: 'k' })}.${part({ iss, aud, sub: 'ada' })}.c2ln`;
      const { status } = await fetch(`http://127.0.0.1:${blocking.port}/`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-forwarded-proto': 'https' },
        body: JSON.stringify({ data: { jwt } }),
      });
      assert.equal(status, 500);
      const message = `incorrect \\"iss\\" (issuer) claim. Expected \\"https://securetoken.google.com/${PROJECT}\\"`;
      assert.ok(blocking.output().includes(message), blocking.output());
    });
  });
});
