import {readFileSync} from 'node:fs'
import {build, instantiate, initialise, guestOf} from './snapshot.fixtures.ts'
import {makeLean} from './lean.ts'
import {adoptInstance, applyData} from './adopt-instance.ts'
import {copyTier} from './copy.ts'
import {createCowTier} from './cow.ts'
import {createMadviseTier} from './madvise.ts'
import {loadLibc} from './ffi.ts'
const libc = loadLibc()
const built = await build(`(module (memory (export "memory") 2) (global $a (mut i32) (i32.const 1)) (global $b (mut i32) (i32.const 1)) (func (export "run") (param i32) (result i32)
  (drop (memory.grow (i32.const 1))) (i32.store (i32.const 100) (local.get 0)) (i32.store (i32.const 70000) (local.get 0)) (i32.store (i32.const 140000) (local.get 0)) (memory.size)) )`)
const T=(n:string,f:()=>void,N=20000)=>{let best=1e9;for(let r=0;r<5;r++){const t=performance.now();for(let i=0;i<N;i++)f();best=Math.min(best,(performance.now()-t)*1000/N)}console.log(n,best.toFixed(2),'us')}
T('getrusage',()=>{libc.faults()})
for (const tier of [createCowTier(libc), createMadviseTier(libc), copyTier]) {
  const s=[instantiate(built)]; initialise(s); const image=tier.capture(s)
  const s2=[instantiate(built)]; const r=tier.adopt(image,s2); const g=guestOf(s2[0]!)
  T(tier.name+' guest call only', ()=>{g['run']!(5)}); r.suspect(); r.restore()
  let scans=0
  const N = tier.name==='cow'?20000:2000
  T(tier.name+' event+restore', ()=>{r.open();g['run']!(5);r.close(); if(r.restore().scanned)scans++}, N)
  console.log('scans',scans)
  T(tier.name+' restore clean', ()=>{r.restore()}, N)
}
// creation
{ const tier=createCowTier(libc); const s=[instantiate(built)]; initialise(s); const image=tier.capture(s)
 for (const n of [20,200]) { const keep=[];let t=performance.now(); let ti=0; for(let i=0;i<n;i++){ const a=performance.now(); const st=[instantiate(built)]; ti+=performance.now()-a; keep.push(tier.adopt(image, st)) } console.log('sandbox', n, ((performance.now()-t)/n).toFixed(3),'ms of which instance', (ti/n).toFixed(3)); for(const k of keep)k.dispose() }
}
const p='/work/main/node_modules/@bytecodealliance/componentize-js/lib/starlingmonkey_embedding.wasm'
const b=readFileSync(p)
for(let i=0;i<4;i++){ const t=performance.now(); const l=makeLean(b); console.log('makeLean', (performance.now()-t).toFixed(0)) }
const l=makeLean(b); let t=performance.now(); const m=new WebAssembly.Module(l.bytes as Uint8Array<ArrayBuffer>); console.log('compile', (performance.now()-t).toFixed(0))
const im:any={}; for (const {module,name,kind} of WebAssembly.Module.imports(m)) (im[module]??={})[name]= kind==='function'?()=>0:undefined
const mk=()=>{const e=new WebAssembly.Instance(m,im).exports; adoptInstance(l,e); return [{lean:l,exports:e}]}
for (const tier of [createCowTier(libc), copyTier]) {
 const s=mk(); t=performance.now(); applyData(l,s[0]!.exports); console.log('applyData',(performance.now()-t).toFixed(1)); t=performance.now(); const image=tier.capture(s); console.log('capture',(performance.now()-t).toFixed(1), image.byteLength)
 for (let k=0;k<3;k++){ const n=20; const keep=[]; t=performance.now(); let ti=0; for(let i=0;i<n;i++){ const a=performance.now(); const st=mk(); ti+=performance.now()-a; keep.push(tier.adopt(image,st)) } console.log(tier.name,'big sandbox', ((performance.now()-t)/n).toFixed(2),'ms of which instance',(ti/n).toFixed(2)); for(const k of keep)k.dispose() }
 const s2=mk(); const r=tier.adopt(image,s2); const mem=s2[0]!.exports[l.memories[0]!.exportName] as WebAssembly.Memory
 const touch=()=>{const u=new Uint8Array(mem.buffer); for(let i=0;i<70;i++)u[i*30*4096]=1}
 T(tier.name+' 70 pages touch', touch, tier.name==='cow'?2000:100)
 r.suspect(); r.restore()
 T(tier.name+' 70 pages event+restore', ()=>{r.open();touch();r.close();r.restore()}, tier.name==='cow'?2000:100)
}
