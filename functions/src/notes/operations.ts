import * as z from 'zod';
import type { Principal } from '../authz/principal.ts';
import { AppError } from '../core/errors.ts';
import { byVersion } from '../core/etag.ts';
import { operation } from '../pipeline/operation.ts';
import type { NotesService } from './notes-service.ts';
import { newNote, note, noteId, notePage, noteQuery, noteUpdate } from './schema.ts';

const byId = z.strictObject({ id: noteId });
const findNote = ({ id }: { id: string }, service: NotesService) => service.find(id);

export const listNotes = operation<NotesService>()({
  name: 'listNotes',
  effect: 'read',
  access: { permission: 'notes:read', own: true, unless: 'notes:moderate' },
  appCheck: 'firebase-users',
  http: { method: 'get', path: '/notes' },
  input: noteQuery,
  output: notePage,
  summary: 'Your notes without their text, the last changed first; those of another user for moderators.',
  resource: ({ owner }, _service, principal) => ({ owner: owner ?? ownerId(principal) }),
  run: (query, { service, resource }) => service.list({ ...query, owner: resource.owner }),
});

export const createNote = operation<NotesService>()({
  name: 'createNote',
  effect: 'write',
  access: { permission: 'notes:write' },
  appCheck: 'firebase-users',
  http: { method: 'post', path: '/notes' },
  input: newNote,
  output: note,
  errors: ['not_found'],
  summary: 'Write a note of your own.',
  etag: byVersion,
  created: { id: ({ id }) => id },
  run: (fields, { service, actor }) => service.create(ownerId(actor.principal), fields),
});

export const getNote = operation<NotesService>()({
  name: 'getNote',
  effect: 'read',
  access: { permission: 'notes:read', own: true, unless: 'notes:moderate' },
  appCheck: 'firebase-users',
  http: { method: 'get', path: '/notes/:id' },
  input: byId,
  output: note,
  summary: 'One of your notes; any note for moderators.',
  etag: byVersion,
  resource: findNote,
  run: (_input, { resource }) => resource,
});

export const updateNote = operation<NotesService>()({
  name: 'updateNote',
  effect: 'write',
  // Without `unless`: moderators remove notes, and never rewrite them.
  access: { permission: 'notes:write', own: true },
  appCheck: 'firebase-users',
  http: { method: 'patch', path: '/notes/:id' },
  input: noteUpdate,
  output: note,
  summary: 'Change a note of yours. Send the version you read, in the body or as If-Match.',
  etag: byVersion,
  resource: findNote,
  run: ({ id: _, version, ...fields }, { service, resource }) => service.change(resource, version, fields),
});

export const deleteNote = operation<NotesService>()({
  name: 'deleteNote',
  effect: 'write',
  access: { permission: 'notes:write', own: true, unless: 'notes:moderate' },
  appCheck: 'firebase-users',
  http: { method: 'delete', path: '/notes/:id' },
  input: byId,
  output: null,
  summary: 'Delete a note of yours; any note for moderators.',
  resource: findNote,
  run: (_input, { service, actor, resource }) => service.remove(resource, actor),
});

/** @throws AppError `not_found` for a principal without a directory entry, who can own nothing */
function ownerId({ directoryId }: Principal): string {
  if (directoryId === undefined) throw new AppError('not_found', 'You have no entry in the directory.');
  return directoryId;
}
