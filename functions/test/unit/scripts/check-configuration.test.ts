import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkConfiguration } from '../../../scripts/check-configuration.ts';
import { productOf } from '../../helpers/product.ts';

const FUNCTIONS = fileURLToPath(new URL('../../../', import.meta.url));

describe('an invalid gatehouse.config.ts', function () {
  this.timeout(60_000);

  const root = mkdtempSync(join(tmpdir(), 'gatehouse-config-'));
  const copy = join(root, 'functions');
  before(() => {
    mkdirSync(copy);
    for (const name of ['src', 'scripts', 'package.json'])
      cpSync(join(FUNCTIONS, name), join(copy, name), { recursive: true });
    cpSync(join(FUNCTIONS, '../firestore.rules'), join(root, 'firestore.rules'));
    symlinkSync(join(FUNCTIONS, 'node_modules'), join(copy, 'node_modules'));
    const config = readFileSync(join(FUNCTIONS, 'gatehouse.config.ts'), 'utf8');
    const pool =
      "{ type: 'cognito', region: 'Ireland', userPoolId: 'eu-west-1_a', clientIds: ['a'], tokenUse: 'id' }";
    const broken = config.replace(/trustedIssuers: .*/, `trustedIssuers: () => [${pool}],`);
    assert.notEqual(broken, config);
    writeFileSync(join(copy, 'gatehouse.config.ts'), broken);
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  const run = (script: string, env: Record<string, string>) =>
    spawnSync(process.execPath, [script], {
      cwd: copy,
      env: { PATH: process.env.PATH, ...env },
      encoding: 'utf8',
    });
  const LINE =
    /^(\w*Error: )?Invalid configuration: trustedIssuers\[0\]\.region: is not a region like eu-west-1$/m;

  it('stops the build with the path of the field', () => {
    const { status, stderr } = run('scripts/build.ts', {});
    assert.equal(status, 1);
    assert.match(stderr, LINE);
    assert.doesNotMatch(stderr, /^ +at /m);
  });

  it('stops the start with the path of the field', () => {
    const { status, stderr } = run('src/index.ts', { GCLOUD_PROJECT: 'shop', K_CONFIGURATION: 'api' });
    assert.equal(status, 1);
    assert.match(stderr, LINE);
  });

  it('is checked with the project of the deployment, for production and the emulator', () => {
    const seen: object[] = [];
    const trustedIssuers = (deployment: object) => {
      seen.push(deployment);
      return [];
    };
    checkConfiguration({ ...productOf(), trustedIssuers }, 'shop');
    assert.deepEqual(seen, [
      { projectId: 'shop', emulator: false },
      { projectId: 'shop', emulator: true },
    ]);
  });
});
