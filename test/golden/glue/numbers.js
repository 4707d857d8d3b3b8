const {store,guard,instances}=runtime;
const I0=instances[0],H0=I0.handles;
let lenders=[],scope,flat0,flat1,flat2,flat3,flat4,flat5,flat6,flat7,flat8,flat9,flat10,flat11,flat12,flat13,flat14,flat15,flat16;
const reserve=stackReserve();
const leaveAndThrow=error=>{guard.leave();throw error};
const suspending=suspendingImports(runtime,[]);
const lift_6=(f0,f1)=>{switch(f0){case 0:return undefined;case 1:return canonicalNan(f1);default:return badDiscriminant(f0>>>0,2)}};
function t0(p0,p1,p2,p3){reserve(0);try{guard.leave();if(!I0.mayLeave)cannotLeave();const a0=(p0&255);const a1=p1;const a2=lift_6(p2,p3);const r=host0_(store,a0,a1,a2);guard.enter();return (r?1:0);}catch(e){throw uncatchable(e)}}
const e0=new WebAssembly.Instance(modules[0],{"":{"call":t0}}).exports;
yield {instance:0,exports:e0};
const lower_13=v=>{if(v==null){flat0=0;flat1=0;return}if(v!=null){flat0=1;flat1=canonicalNan(v);return}badLabel(v?.tag,labels1_);};
const c_18=e0["f"];
const x_12=function f_f_(a0,a1,a2){if(!I0.mayEnter)cannotEnter();I0.mayEnter=false;lower_13(a2);const x16=flat0,x17=flat1;guard.enter();const c=c_18((a0&255),a1,x16,x17);guard.leave();const r=(c!==0);I0.mayEnter=true;return r;};
return [x_12];
