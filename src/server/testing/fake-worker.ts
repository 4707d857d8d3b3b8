// server/testing/fake-worker.ts: a worker process of the fake app.
import {runWorker} from '../worker.ts'
import {startFakeApp} from './fake-app.ts'

runWorker(startFakeApp)
