import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { permissionsOf } from '../../../functions/src/authz/roles.ts';
import { buildZip } from '../../scripts/build.ts';
import { readConfig } from '../../src/settings.ts';
import { proxyEvent2 } from '../helpers/events.ts';
import { buildWith, unpack } from '../helpers/zip.ts';
import { openZipEnvironment } from '../helpers/zip-environment.ts';

const PACKAGE = fileURLToPath(new URL('../..', import.meta.url));
const guide = readFileSync(join(PACKAGE, '../docs/guides/aws-lambda.md'), 'utf8');

function block(language: string): string {
  const [, code] = new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 's').exec(guide) ?? [];
  return code ?? assert.fail(`the guide has no block of ${language}`);
}

describe('the guide to AWS Lambda', function () {
  this.timeout(60_000);
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-guide-'));
  });

  after(() => rmSync(folder, { recursive: true }));

  it('has a configuration that builds', async () => {
    const file = join(folder, 'authorizer.config.ts');
    const code = block('ts').replaceAll(/'(\.\.?\/[^']+)'/g, (_, path) => `'${resolve(PACKAGE, path)}'`);
    writeFileSync(file, code);
    const { default: config } = await import(pathToFileURL(file).href);
    const { profiles, routes } = readConfig(config);
    assert.deepEqual(
      profiles.map(({ type }) => type),
      ['cognito', 'auth0', 'firebase'],
    );
    assert.ok(routes?.byTemplate('PUT', '/files/{proxy+}'));
    assert.ok((await buildZip(file)).zip.length > 0);
  });

  it('has a Lambda function that answers a permitted caller', async () => {
    const environment = await openZipEnvironment();
    const built = unpack((await buildWith(environment.configOf(null))).zip);
    writeFileSync(join(folder, 'gatehouse.mjs'), readFileSync(join(built.folder, 'index.mjs')));
    writeFileSync(join(folder, 'index.mjs'), block('js'));
    const run = `
      const { handler } = await import('${pathToFileURL(join(folder, 'index.mjs')).href}');
      process.on('exit', () => console.error(JSON.stringify(answer)));
      const answer = await handler(JSON.parse(process.argv[1]), { awsRequestId: 'r1' });
    `;
    const event = JSON.stringify(proxyEvent2([await environment.bearer(['members'])]));
    const args = ['--input-type=module', '--eval', run, event];
    const env = { NODE_EXTRA_CA_CERTS: environment.keys.certificate };
    const { stderr } = await promisify(execFile)(process.execPath, args, { env });
    built.remove();
    await environment.close();
    const { statusCode, body } = JSON.parse(stderr);
    assert.deepEqual(
      [statusCode, JSON.parse(body)],
      [200, { hello: 'ada', permissions: permissionsOf(['member']), requestId: 'r1' }],
    );
  });

  it('names every reason that the handler gives', () => {
    const source = ['handler.ts', 'lambda-authorizer.ts'].map((name) =>
      readFileSync(join(PACKAGE, 'src', name), 'utf8'),
    );
    const reasons = source.flatMap((text) =>
      [...text.matchAll(/(?:refusal: |reason: |: )'([a-z]+(?:-[a-z]+)+)'/g)].map(([, reason]) => reason),
    );
    const documented = [...guide.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, reason]) => reason);
    assert.deepEqual([...new Set(reasons)].sort(), documented.sort());
  });
});
