import * as z from 'zod';
import type { Principal } from '../authz/principal.ts';
import { AppError } from '../core/errors.ts';
import type { Deps } from '../deps.ts';
import { newNote, note, noteChange, noteId, notePage, noteQuery } from '../notes/schema.ts';
import { pageSize } from './query-text.ts';
import { type Route, route } from './route.ts';

const query = noteQuery.extend({ pageSize: pageSize(100) });
const params = z.strictObject({ id: noteId });

const ownerOfNote = async (input: { params: { id: string } }, deps: Deps) =>
  (await deps.notes.find(input.params.id))?.owner;
const etag = ({ version }: { version: string }) => `"${version}"`;

/** The worked example of docs/guides/add-your-own-endpoint.md. */
export const notesRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/notes',
    access: { permission: 'notes:read', own: true, unless: 'notes:moderate' },
    owner: async ({ query }, _deps, principal) => query.owner ?? principal.directoryId,
    input: { query },
    output: notePage,
    summary: 'Your notes without their text, the last changed first; somebody else’s for moderators.',
    handler: ({ query }, { principal, deps }) =>
      deps.notes.list({ ...query, owner: query.owner ?? idOf(principal) }),
  }),
  route({
    method: 'post',
    path: '/notes',
    access: { permission: 'notes:write' },
    input: { body: newNote },
    output: note,
    summary: 'Write a note of your own.',
    etag,
    handler: ({ body }, { principal, deps }) => deps.notes.create(idOf(principal), body),
  }),
  route({
    method: 'get',
    path: '/notes/:id',
    access: { permission: 'notes:read', own: true, unless: 'notes:moderate' },
    owner: ownerOfNote,
    input: { params },
    output: note,
    summary: 'One of your notes; anybody’s for moderators.',
    etag,
    handler: async ({ params }, { deps }) => {
      const found = await deps.notes.find(params.id);
      if (found === undefined) throw new AppError('not_found', 'There is no such note.');
      return found;
    },
  }),
  route({
    method: 'patch',
    path: '/notes/:id',
    // Without `unless`: a moderator removes what should not be there, and puts nothing into anybody's mouth.
    access: { permission: 'notes:write', own: true },
    owner: ownerOfNote,
    input: { params, body: noteChange },
    output: note,
    summary: 'Change a note of yours. Say which version you read, as If-Match.',
    etag,
    handler: ({ params, body }, { deps, ifMatch }) =>
      deps.notes.change(params.id, noteVersionFrom(ifMatch), body),
  }),
  route({
    method: 'delete',
    path: '/notes/:id',
    access: { permission: 'notes:write', own: true, unless: 'notes:moderate' },
    owner: ownerOfNote,
    input: { params },
    output: null,
    summary: 'Remove a note of yours for good; anybody’s for moderators.',
    handler: ({ params }, { principal, deps, requestId }) =>
      deps.notes.remove(params.id, { uid: idOf(principal), issuer: principal.issuer, requestId }),
  }),
];

/** @throws AppError `not_found` for a principal without an entry in the directory, who can own nothing */
function idOf({ directoryId }: Principal): string {
  if (directoryId === undefined) throw new AppError('not_found', 'You have no entry in the directory.');
  return directoryId;
}

/** The version in an `If-Match` (RFC 9110 §13.1.1). `*` would mean "whatever it says now". */
function noteVersionFrom(ifMatch: string | undefined): string {
  const version = /^(?:W\/)?"([\d.]+)"$/.exec(ifMatch?.trim() ?? '')?.[1];
  if (version === undefined) {
    const message = 'Send the ETag of the note you read, as it came.';
    throw new AppError('invalid_argument', message, { errors: [{ field: 'headers.if-match', message }] });
  }
  return version;
}
