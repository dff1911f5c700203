import assert from 'node:assert/strict';
import type { StoredNote } from '../../../src/notes/note.ts';
import { createNotesService, type NotesService } from '../../../src/notes/notes-service.ts';
import { actor } from '../../helpers/actor.ts';
import { assertRefused } from '../../helpers/refusal.ts';
import { openTestDirectory, type TestDirectory } from '../../helpers/test-directory.ts';

const ANN = actor('ann', ['member']);
const SUE = actor('sue', ['support']);

describe('notes: a write after the note was loaded', () => {
  let access: TestDirectory;
  let notes: NotesService;
  beforeEach(async () => {
    access = await openTestDirectory();
    notes = createNotesService(access.platform, access);
  });
  afterEach(() => access.close());

  async function create(): Promise<StoredNote> {
    const { id } = await notes.create('ann', { title: 'Milk', body: 'Two.' });
    const loaded = await notes.find(id);
    assert.ok(loaded);
    return loaded;
  }

  it('is refused when the note was changed meanwhile, and changes nothing', async () => {
    const loaded = await create();
    await notes.change(loaded, loaded.version, { title: 'First' });
    await assertRefused(() => notes.change(loaded, loaded.version, { title: 'Second' }), 'version_mismatch');
    assert.equal((await notes.find(loaded.id))?.title, 'First');
  });

  it('is refused when the note was deleted meanwhile, and creates nothing', async () => {
    const loaded = await create();
    await notes.remove(loaded, ANN);
    await assertRefused(() => notes.change(loaded, loaded.version, { title: 'Late' }), 'version_mismatch');
    await assertRefused(() => notes.remove(loaded, SUE), 'not_found');
    assert.equal(await notes.find(loaded.id), undefined);
    assert.deepEqual(await access.all('auditEvents'), []);
  });

  it('deletes a note that was changed meanwhile', async () => {
    const loaded = await create();
    await notes.change(loaded, loaded.version, { body: 'Three.' });
    await notes.remove(loaded, SUE);
    assert.equal(await notes.find(loaded.id), undefined);
    const [event, ...others] = await access.all('auditEvents');
    assert.deepEqual([event?.actor, event?.target, event?.requestId, others], ['sue', 'ann', 'r1', []]);
  });

  it('keeps the fields that are not given', async () => {
    const loaded = await create();
    const changed = await notes.change(loaded, loaded.version, { body: 'Three.' });
    assert.deepEqual([changed.title, changed.body, changed.owner], ['Milk', 'Three.', 'ann']);
    const { writeTime: _, ...found } = (await notes.find(loaded.id)) ?? loaded;
    assert.deepEqual(found, changed);
    assert.deepEqual(
      (await notes.list({ owner: 'ann', pageSize: 10 })).notes,
      [{ ...changed, body: undefined }].map(({ body: _, ...header }) => header),
    );
  });
});
