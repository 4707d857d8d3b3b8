import {Hono} from 'hono'

type Task = {id: number; title: string; done: boolean}

// Made once, when the app is built; a request may change it, and the next one finds it as it stands here.
const tasks: Task[] = [
  {id: 1, title: 'read the README', done: true},
  {id: 2, title: 'write a handler', done: false},
]

const app = new Hono()

app.get('/', context => context.text('GET /tasks, GET /tasks/:id, POST /tasks {"title": "..."}\n'))
app.get('/tasks', context => context.json(tasks))

app.get('/tasks/:id', context => {
  const task = tasks.find(({id}) => String(id) === context.req.param('id'))
  return task === undefined ? context.json({error: 'no such task'}, 404) : context.json(task)
})

app.post('/tasks', async context => {
  const {title} = await context.req.json<{title?: unknown}>().catch(() => ({title: undefined}))
  if (typeof title !== 'string' || title === '') return context.json({error: 'a title is needed'}, 400)
  const task = {id: tasks.length + 1, title, done: false}
  tasks.push(task)
  return context.json(task, 201)
})

export default app
