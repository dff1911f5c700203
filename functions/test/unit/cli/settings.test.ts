import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettings } from '../../../cli/settings.ts';

describe('the parameters of a project', () => {
  let root: string;
  const write = (name: string, text: string) => writeFileSync(join(root, name), text);

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'gatehouse-settings-'));
    mkdirSync(join(root, 'functions'));
    write('.firebaserc', JSON.stringify({ projects: { default: 'demo-x', production: 'shop' } }));
    write('functions/.env', 'REGION=europe-west1\nBASE_PATH=/all');
    write('functions/.env.local', 'DATABASE_ID=local');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('are those of .env and .env.<project id>, the latter first', () => {
    write('functions/.env.shop', 'DATABASE_ID=gatehouse\nBASE_PATH=/auth/v1');
    const expected = { REGION: 'europe-west1', BASE_PATH: '/auth/v1', DATABASE_ID: 'gatehouse' };
    assert.deepEqual(readSettings('shop', root), expected);
  });

  it('are found under the alias of the project', () => {
    write('functions/.env.production', 'DATABASE_ID=gatehouse');
    assert.equal(readSettings('shop', root).DATABASE_ID, 'gatehouse');
    assert.equal(readSettings('other', root).DATABASE_ID, undefined);
  });

  it('include .env.local for an emulated project only', () => {
    write('functions/.env.demo-x', 'DATABASE_ID=demo');
    assert.equal(readSettings('demo-x', root).DATABASE_ID, 'local');
    assert.equal(readSettings('shop', root).DATABASE_ID, undefined);
  });
});
