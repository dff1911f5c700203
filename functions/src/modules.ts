import { baseModules } from './base-modules.ts';
import { notes } from './notes/index.ts';

/** Every module. Yours come after those of Gatehouse: a new feature is a folder, its permissions, and one line here. */
export const modules = baseModules.use(notes);
