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

/** What a file asks for while it is loaded, or at any time. */
function importsOf(file: string, when: 'loaded' | 'ever'): string[] {
  const asking = {
    loaded: /(?:from|import)\s*(['"])([\w@:./-]+)\1/g,
    ever: /(?:from\s*|import\s*\(?\s*|require\(\s*)(['"])([\w@:./-]+)\1/g,
  };
  return [...text(file).matchAll(asking[when])].map(([, , specifier = '']) => specifier);
}

/** Packages whose code is read when the framework loads the function, by the source maps. */
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

  it('asks for no package: it contains them', () => {
    const asked = built().flatMap((file) => importsOf(file, 'ever'));
    assert.ok(asked.includes('node:crypto'));
    assert.deepEqual(
      asked.filter((specifier) => !isBuiltin(specifier) && !specifier.startsWith('.')),
      [],
    );
  });

  it('reads few of them before a request comes: no Admin SDK, no Firestore, no Express', () => {
    const wanted = [
      'cors',
      'firebase-functions',
      'helmet',
      'lru-cache',
      'object-assign',
      'own',
      'vary',
      'zod',
    ];
    assert.deepEqual(packagesLoaded(), wanted);
  });

  it('keeps nothing of an earlier build', () => {
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

    it('loads the Admin SDK when there is a token of Identity Platform to verify, and refuses a foreign one', async () => {
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const iss = 'https://securetoken.google.com/somebody-else';
      const aud = 'https://beforeusercreated-x.a.run.app';
      const jwt = `${part({ alg: 'RS256', kid: 'k' })}.${part({ iss, aud, sub: 'ada' })}.c2ln`;
      const { status } = await fetch(`http://127.0.0.1:${blocking.port}/`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-forwarded-proto': 'https' },
        body: JSON.stringify({ data: { jwt } }),
      });
      assert.equal(status, 500);
      const said = `incorrect \\"iss\\" (issuer) claim. Expected \\"https://securetoken.google.com/${PROJECT}\\"`;
      assert.ok(blocking.output().includes(said), blocking.output());
    });
  });
});
