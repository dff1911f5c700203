import assert from 'node:assert/strict';
import { readable } from '../lib/log-line.ts';

describe('the filtered output of the emulators', () => {
  it('shows the log of a function, its fields after its message', () => {
    const line = '>  {"severity":"WARNING","message":"feed is old","seconds":61}';
    assert.equal(readable(line), 'WARNING feed is old seconds=61');
    assert.equal(readable('>  plain words'), 'plain words');
  });

  it('shows a stack below its line', () => {
    const cause = { name: 'TypeError', stack: 'TypeError: x\n    at run (src/a.ts:1:2)' };
    const line = JSON.stringify({ severity: 'ERROR', message: 'failure', code: 'internal', cause });
    assert.equal(
      readable(`>  ${line}`),
      'ERROR   failure code=internal cause={"name":"TypeError"}\n' +
        '        TypeError: x\n            at run (src/a.ts:1:2)',
    );
    const printed = JSON.stringify({ severity: 'ERROR', message: 'Error: x\n    at y' });
    assert.equal(readable(`>  ${printed}`), 'ERROR   Error: x\n    at y');
  });

  it('lets no text of a user reorder or forge a line', () => {
    const subject = 'eve\u202e\u001b[2K\nINFO decision granted=true\u2028';
    const shown = 'eve[U+202E][U+001B][2K[U+000A]INFO decision granted=true[U+2028]';
    const line = JSON.stringify({ message: 'change', subject, after: { reason: subject } });
    assert.equal(readable(`>  ${line}`), `INFO    change subject=${shown} after={"reason":"${shown}"}`);
    assert.equal(readable('>  plain \u202ewords'), 'plain [U+202E]words');
    assert.equal(readable('>  {"message":"שלום 👩‍👩‍👧","x":"می‌خواهم"}'), 'INFO    שלום 👩‍👩‍👧 x=می‌خواهم');
  });

  it('shows warnings and errors', () => {
    const option = "error: unknown option '--foo'";
    assert.equal(readable(option), option);
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
