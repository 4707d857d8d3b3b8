import {Hono} from 'hono'

const app = new Hono()

app.get('/', context => context.text('Hello from {{name}}!\n'))
app.get('/greet/:name', context => context.json({greeting: `Hello, ${context.req.param('name')}!`}))

export default app
