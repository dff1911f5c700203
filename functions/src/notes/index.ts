import type { AuditLog } from '../audit/index.ts';
import { defineModule } from '../pipeline/module.ts';
import { createNotesService } from './notes-service.ts';
import { createNote, deleteNote, getNote, listNotes, updateNote } from './operations.ts';

/** The worked example of docs/guides/protect-an-endpoint.md: notes of users. */
export const notes = defineModule({
  name: 'notes',
  create: ({ firestore: open }, { audit }: { audit: AuditLog }) => createNotesService({ open, audit }),
  operations: [listNotes, createNote, getNote, updateNote, deleteNote],
});
