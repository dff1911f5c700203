import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import supertest from 'supertest';
import { claimsOf, type Person, playAccounts } from '../../helpers/api.ts';
import { openTestFirestore } from '../../helpers/firestore.ts';
import { mintIdToken, openGoogle, PROJECT } from '../../helpers/google.ts';

/** Does to a copy of the sources what docs/guides/add-your-own-endpoint.md says. */

const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url));
const FUNCTIONS = join(REPOSITORY, 'functions');
const GUIDE = readFileSync(join(REPOSITORY, 'docs/guides/add-your-own-endpoint.md'), 'utf8');

interface Block {
  readonly path: string;
  readonly code: string;
}

/** The blocks of TypeScript, each with the file it names in its first line. */
const blocks = (text: string): Block[] =>
  [...text.matchAll(/^( *)```ts\n *\/\/ (\S+)\n([\s\S]*?)^ *```$/gm)].map(
    ([, indent = '', path = '', code = '']) => ({
      path,
      code: code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }),
  );

const [example = '', yours = ''] = GUIDE.split('## Yours');

describe('notes: the guide to one’s own endpoint', () => {
  let copy: string;
  before(() => {
    copy = mkdtempSync(join(tmpdir(), 'gatehouse-guide-'));
    for (const name of ['src', 'package.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts']) {
      cpSync(join(FUNCTIONS, name), join(copy, name), { recursive: true });
    }
    symlinkSync(join(FUNCTIONS, 'node_modules'), join(copy, 'node_modules'));
    for (const block of blocks(yours)) follow(copy, block);
  });
  after(() => rmSync(copy, { recursive: true, force: true }));

  it('quotes of the notes what is there', () => {
    assert.equal(blocks(example).length, 4);
    for (const { path, code } of blocks(example)) {
      const source = readFileSync(join(REPOSITORY, path), 'utf8').replaceAll(/^ +/gm, '');
      assert.ok(source.includes(code), `${path}: ${code}`);
    }
  });

  it('leads to an endpoint that compiles, and not without its access', function () {
    this.timeout(60_000);
    const routes = (name: string) => join(copy, `src/http/${name}-routes.ts`);
    const row = readFileSync(routes('greeting'), 'utf8');
    writeFileSync(routes('careless'), row.replace(/^ *access: .*\n/m, ''));
    const errors = compile(copy).match(/^src.*error.*/gm) ?? [];
    assert.ok(
      errors.length > 0 && errors.every((line) => line.startsWith('src/http/careless-routes.ts')),
      errors.join(),
    );
  });

  it('leads to an endpoint that lets in who holds the permission, and nobody else', async () => {
    const google = await openGoogle();
    playAccounts(google);
    const firestore = await openTestFirestore();
    const load = (path: string) => import(pathToFileURL(join(copy, 'src', path)).href);
    const { createDeps } = await load('deps.ts');
    const { loadConfig } = await load('config.ts');
    const { createApp } = await load('http/app.ts');
    const config = loadConfig({ GCLOUD_PROJECT: PROJECT });
    const log = new Proxy({}, { get: () => () => undefined });
    const outside = { app: google.app, fetch: google.fetch, firestore: firestore.open, log };
    const server = createServer(createApp(createDeps(config, outside)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const get = async (who?: Person) => {
        const request = supertest(server).get('/v1/greetings/Ada').set('X-Forwarded-Proto', 'https');
        return who ? request.set('Authorization', `Bearer ${await mintIdToken(claimsOf(who))}`) : request;
      };
      const { status, body } = await get('member');
      assert.deepEqual([status, body], [200, { text: 'Hello Ada, says member.' }]);
      const others = [await get('support'), await get('auditor'), await get('norole'), await get()];
      assert.deepEqual(
        others.map((answer) => answer.status),
        [200, 403, 403, 401],
      );
    } finally {
      await new Promise((resolve) => server.close(resolve));
      await google.close();
      await firestore.close();
    }
  });
});

/** A step of the guide: a new file, or lines that go into one. */
function follow(copy: string, { path, code }: Block): void {
  const file = join(copy, path.replace(/^functions\//, ''));
  const change = (edit: (text: string) => string) => {
    const before = readFileSync(file, 'utf8');
    const after = edit(before);
    assert.notEqual(after, before, `${path} has no place for it`);
    writeFileSync(file, after);
  };
  if (path === 'functions/src/authz/permissions.ts') {
    change((text) => text.replace('PERMISSIONS = {\n', (start) => `${start}${code}`));
  } else if (path === 'functions/src/authz/roles.ts') {
    change((text) => text.replace(/^const member = .*\n/m, () => code));
  } else if (path === 'functions/src/http/routes.ts') {
    const [imported = '', row = ''] = code.split('\n');
    change((text) => `${imported}\n${text.replace(/^\];/m, () => `  ${row}\n];`)}`);
  } else {
    writeFileSync(file, code);
  }
}

/** What the compiler has to say. */
function compile(folder: string): string {
  const tsc = join(FUNCTIONS, 'node_modules/.bin/tsc');
  return spawnSync(tsc, ['-p', 'tsconfig.build.json'], { cwd: folder, encoding: 'utf8' }).stdout;
}
