import assert from 'node:assert/strict';
import { readable } from '../lib/log-line.ts';

describe('the filtered output of the emulators', () => {
  it('shows the log of a function, its fields after its message', () => {
    const line = '>  {"severity":"WARNING","message":"feed is old","seconds":61}';
    assert.equal(readable(line), 'WARNING feed is old seconds=61');
    assert.equal(readable('>  plain words'), 'plain words');
  });

  it('shows warnings and errors', () => {
    const line = '⚠  functions: Your function timed out.';
    assert.equal(readable(line), line);
    assert.equal(readable('TypeError: x is no function'), 'TypeError: x is no function');
  });

  it('shows errors of the configuration', () => {
    const line = 'Invalid configuration: trustedIssuers[0].region: is not a region like eu-west-1';
    assert.equal(readable(line), line);
  });

  it('hides lines that are only about the emulators or ignored functions', () => {
    for (const line of [
      '✔  functions[us-central1-api]: http function initialized (http://127.0.0.1:5001/demo/us-central1/api).',
      'i  functions[us-central1-reconcileAccess]: function ignored because the pubsub emulator does not exist or is not running.',
      '⚠  emulators: The Emulator UI is not starting because none of the running emulators have a UI component.',
      'i  auth: Importing accounts from /home/ada/data/snapshot-1/emulators/auth_export/accounts.json',
      '  Emulator Hub host: 127.0.0.1 port: 41663',
      '✔  firestore: Firestore Emulator was started in standard edition.',
    ]) {
      assert.equal(readable(line), undefined, line);
    }
  });
});
