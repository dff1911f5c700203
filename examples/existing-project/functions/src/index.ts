import express from 'express';
import { setGlobalOptions } from 'firebase-functions';
import { onRequest } from 'firebase-functions/https';
import * as z from 'zod';
import { callable, functions, requireAccess } from './gatehouse';
import { addProject, listProjects, renameProject } from './projects';

setGlobalOptions({ maxInstances: 10 });

const projects = express.Router();
projects.get('/', requireAccess('projects:read'), (_req, res) => {
  res.json(listProjects());
});
projects.post('/', requireAccess('projects:write'), (req, res) => {
  res.status(201).json(addProject(req.body.name));
});

const server = express();
server.use(express.json());
server.use('/projects', projects);

export const app = onRequest(server);

export const rename = callable({
  access: 'projects:write',
  input: z.strictObject({ id: z.int().min(0), name: z.string().min(1) }),
  output: z.object({ id: z.int(), name: z.string() }),
  run: ({ id, name }) => renameProject(id, name),
});

export const gatehouse = functions;
