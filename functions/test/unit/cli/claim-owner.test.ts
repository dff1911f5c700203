import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pageOf } from '../../../cli/claim-owner.ts';

describe('gatehouse claim-owner: the page of a project', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-page-'));
  after(() => rmSync(folder, { recursive: true }));
  const write = (rc: object) => writeFileSync(join(folder, '.firebaserc'), JSON.stringify(rc));

  it('is on the site of the Hosting target, as the Firebase CLI writes it', () => {
    write({ targets: { shop: { hosting: { gatehouse: ['shop-admin'] } } } });
    assert.equal(pageOf('shop', folder), 'https://shop-admin.web.app');
  });

  it('does not exist without a site: the website of the project is not ours', () => {
    for (const rc of [{}, { projects: {} }, { targets: { other: { hosting: { gatehouse: ['x'] } } } }]) {
      write(rc);
      assert.equal(pageOf('shop', folder), undefined);
    }
    rmSync(join(folder, '.firebaserc'));
    assert.equal(pageOf('shop', folder), undefined);
  });

  it('is that of the emulators for a demo project', () => {
    assert.equal(pageOf('demo-shop', folder), 'http://localhost:5002');
  });
});
