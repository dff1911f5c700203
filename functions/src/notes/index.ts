import { defineModule } from '../pipeline/module.ts';
import { createNotesService } from './notes-service.ts';
import { createNote, deleteNote, getNote, listNotes, updateNote } from './operations.ts';

/** The worked example of docs/guides/protect-an-endpoint.md: notes of users. */
export const notes = defineModule({
  name: 'notes',
  summary: 'Notes of users, an example.',
  create: createNotesService,
  operations: [listNotes, createNote, getNote, updateNote, deleteNote],
});
