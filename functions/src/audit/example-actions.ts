/** The audit actions of the notes. The npm package has none: `kit/audit/example-actions.ts`. */
export const EXAMPLE_ACTIONS = {
  'notes.delete': 'a moderator deletes the note of another user',
} as const;
