import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../lib/emulator-setup.ts';
import { type Copy, copyRepository } from './copy.ts';

const GUIDE = readFileSync(join(ROOT, 'docs/guides/upgrade.md'), 'utf8');

/** The Git commands of a section of the guide. */
function commandsOf(heading: string): string[] {
  const [, section = ''] = GUIDE.split(`### ${heading}\n`);
  return [...(/```sh\n([\s\S]*?)```/.exec(section)?.[1] ?? '').matchAll(/git .*/g)].map(([line]) => line);
}

/** A module with one operation, as the guide to an endpoint of your own makes it. */
const moduleFiles = (name: string, access: string) => ({
  [`functions/src/${name}/index.ts`]: `import * as z from 'zod';
import { defineModule } from '../pipeline/module.ts';
import { operation } from '../pipeline/operation.ts';

const get = operation<undefined>()({
  name: 'get${name}',
  effect: 'read',
  access: ${access},
  http: { method: 'get', path: '/${name}' },
  input: z.strictObject({}),
  output: z.object({ text: z.string() }),
  summary: 'The ${name}.',
  run: () => ({ text: '${name}' }),
});

/** The ${name}. */
export const ${name} = defineModule({ name: '${name}', create: () => undefined, operations: [get] });
`,
});

const indexOn = (collectionGroup: string) => ({
  collectionGroup,
  queryScope: 'COLLECTION',
  fields: [
    { fieldPath: 'a', order: 'ASCENDING' },
    { fieldPath: 'b', order: 'ASCENDING' },
  ],
});

describe('the guide to upgrade a clone', function () {
  this.timeout(180_000);
  let upstream: Copy;
  let clone: Copy;
  before(() => {
    upstream = copyRepository();
    clone = copyRepository(upstream);
  });
  after(() => {
    clone.remove();
    upstream.remove();
  });

  const read = ({ folder }: Copy, file: string) => readFileSync(join(folder, file), 'utf8');
  function write({ folder }: Copy, files: Record<string, string>): void {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    }
  }
  function edit(copy: Copy, file: string, before: string, after: string): void {
    const text = read(copy, file);
    assert.ok(text.includes(before), `${file}: ${before}`);
    write(copy, { [file]: text.replace(before, () => after) });
  }
  function addIndex(copy: Copy, collection: string, place: (all: object[], one: object) => object[]): void {
    const { indexes, ...rest } = JSON.parse(read(copy, 'firestore.indexes.json'));
    const all = { indexes: place(indexes, indexOn(collection)), ...rest };
    write(copy, { 'firestore.indexes.json': JSON.stringify(all) });
  }
  /** As before a commit: generated files, then the format. */
  function finish(copy: Copy, message: string): void {
    copy.run('sh', '-c', 'cd functions && node scripts/build.ts && npm run docs');
    copy.git('add', '--all');
    copy.run('biome', 'check', '--write', '--no-errors-on-unmatched', ...copy.changed());
    copy.git('add', '--all');
    copy.git('commit', '--quiet', `--message=${message}`);
  }
  const CONFIG = 'functions/gatehouse.config.ts';
  const NO_CLIENT = (name: string) =>
    `match /${name}/{document=**} {\n      allow read, write: if false;\n    }\n    `;

  it('merges an upstream that changed the same files, without a conflict', () => {
    // The clone: a module with its permission, for a role, and a collection that clients read.
    write(clone, moduleFiles('greetings', "{ permission: 'greetings:read' }"));
    write(clone, { 'functions/.env.shop-prod': 'REGION=europe-west1\n' });
    edit(
      clone,
      CONFIG,
      '  permissions: {\n',
      "  permissions: {\n    'greetings:read': { summary: 'Greet', privileged: false },\n",
    );
    edit(clone, CONFIG, 'member: [', "member: ['greetings:read', ");
    edit(clone, CONFIG, 'emailDomains: []', "emailDomains: ['shop.example']");
    edit(
      clone,
      'functions/src/modules.ts',
      'import { notes }',
      "import { greetings } from './greetings/index.ts';\nimport { notes }",
    );
    edit(clone, 'functions/src/modules.ts', '.use(notes)', '.use(greetings).use(notes)');
    const own = 'match /greetings/{id} {\n      allow get: if canReadGreetings();\n    }\n    ';
    edit(clone, 'firestore.rules', '// notes begin', `${own}// notes begin`);
    addIndex(clone, 'greetings', (all, one) => [...all, one]);
    finish(clone, 'feat: greetings');

    // Upstream: the same kinds of change, and a changed file of every part.
    write(upstream, moduleFiles('status', "'public'"));
    const last = "'directory:reconcile': {";
    edit(
      upstream,
      CONFIG,
      `    ${last}`,
      `    'status:read': { summary: 'See the status', privileged: false },\n    ${last}`,
    );
    edit(
      upstream,
      'functions/src/base-modules.ts',
      '  .use(tokenExchange)',
      '  .use(tokenExchange)\n  .use(status)',
    );
    edit(
      upstream,
      'functions/src/base-modules.ts',
      'import { signUp }',
      "import { status } from './status/index.ts';\nimport { signUp }",
    );
    edit(upstream, 'firestore.rules', 'match /auditEvents/', `${NO_CLIENT('status')}match /auditEvents/`);
    addIndex(upstream, 'status', (all, one) => [one, ...all]);
    edit(
      upstream,
      'functions/src/notes/note.ts',
      '/** The note without its text. */',
      '/** A note without its text. */',
    );
    edit(upstream, 'CHANGELOG.md', '## Unreleased\n', '## Unreleased\n\n- A status.\n');
    edit(upstream, 'package.json', '"scripts": {\n', '"scripts": {\n    "status": "true",\n');
    finish(upstream, 'feat: status');

    for (const command of [
      ...commandsOf('Once: remember where it came from'),
      ...commandsOf('For each version'),
    ]) {
      clone.git(...command.replace(/<.*>/, upstream.folder).split(' ').slice(1));
    }
    assert.equal(clone.git('status', '--porcelain'), '');
    assert.equal(clone.git('log', '-1', '--format=%P').trim().split(' ').length, 2, 'no merge commit');
  });

  it('gives a clone that builds, with both features, after generating the pages again', () => {
    finish(clone, 'docs: generate again');
    assert.equal(clone.git('diff', '--name-only', 'HEAD~1'), 'docs/reference/http-api.md\n');
    clone.run('functions/node_modules/.bin/tsc', '-p', 'functions/tsconfig.json');
    const { paths } = JSON.parse(read(clone, 'functions/src/meta/openapi.json'));
    assert.ok(paths['/greetings'] && paths['/status'] && paths['/notes']);
    assert.match(read(clone, 'firestore.rules'), /\/\/ greetings:read\n +function canReadGreetings\(\)/);
    const mocha = 'node node_modules/.bin/mocha --no-config --reporter=dot test/unit/structure/*.test.ts';
    assert.match(clone.run('sh', '-c', `cd functions && ${mocha}`), /passing/);
  });
});
