/*
 * zmq_utils.h: deprecated. What it declared long ago is in zmq.h.
 */

#ifndef __ZMQ_UTILS_H_INCLUDED__
#define __ZMQ_UTILS_H_INCLUDED__

#if defined __GNUC__ || defined __clang__ || defined _MSC_VER
#pragma message("zmq_utils.h is deprecated: include zmq.h")
#endif

#include "zmq.h"

#endif /* __ZMQ_UTILS_H_INCLUDED__ */
