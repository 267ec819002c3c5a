# find_package(ZeroMQ): the targets libzmq and libzmq-static, and the variables
# libzmq's own package sets. Everything is found relative to this file, which
# lies in <libdir>/cmake/ZeroMQ, so that an installed tree may be moved.

get_filename_component(_zmq_libdir "${CMAKE_CURRENT_LIST_DIR}/../.." REALPATH)
set(ZeroMQ_INCLUDE_DIR "ZeroMQ_INCLUDE_DIR-NOTFOUND")
foreach(_zmq_up ".." "../..") # <prefix>/lib or <prefix>/lib/<triplet>
    get_filename_component(_zmq_include "${_zmq_libdir}/${_zmq_up}/include" ABSOLUTE)
    if(EXISTS "${_zmq_include}/zmq.h")
        set(ZeroMQ_INCLUDE_DIR "${_zmq_include}")
        break()
    endif()
endforeach()

if(APPLE)
    set(_zmq_shared "${_zmq_libdir}/libzmq.5.dylib")
    set(_zmq_soname "@rpath/libzmq.5.dylib")
else()
    set(_zmq_shared "${_zmq_libdir}/libzmq.so.5")
    set(_zmq_soname "libzmq.so.5")
endif()
set(_zmq_static "${_zmq_libdir}/libzmq.a")

if(NOT TARGET libzmq AND EXISTS "${_zmq_shared}")
    add_library(libzmq SHARED IMPORTED)
    set_target_properties(libzmq PROPERTIES
        IMPORTED_LOCATION "${_zmq_shared}"
        IMPORTED_SONAME "${_zmq_soname}"
        INTERFACE_INCLUDE_DIRECTORIES "${ZeroMQ_INCLUDE_DIR}")
endif()

if(NOT TARGET libzmq-static AND EXISTS "${_zmq_static}")
    add_library(libzmq-static STATIC IMPORTED)
    set_target_properties(libzmq-static PROPERTIES
        IMPORTED_LOCATION "${_zmq_static}"
        IMPORTED_LINK_INTERFACE_LANGUAGES "C"
        INTERFACE_COMPILE_DEFINITIONS "ZMQ_STATIC"
        INTERFACE_INCLUDE_DIRECTORIES "${ZeroMQ_INCLUDE_DIR}")
    if(APPLE)
        set_property(TARGET libzmq-static PROPERTY INTERFACE_LINK_LIBRARIES iconv)
    else()
        set_property(TARGET libzmq-static PROPERTY INTERFACE_LINK_LIBRARIES pthread rt util dl m)
    endif()
endif()

if(TARGET libzmq)
    set(ZeroMQ_LIBRARY libzmq)
endif()
if(TARGET libzmq-static)
    set(ZeroMQ_STATIC_LIBRARY libzmq-static)
endif()
if(NOT ZeroMQ_INCLUDE_DIR OR NOT (TARGET libzmq OR TARGET libzmq-static))
    set(ZeroMQ_FOUND FALSE)
    set(ZeroMQ_NOT_FOUND_MESSAGE "no zmq.h or no library beside ${CMAKE_CURRENT_LIST_DIR}")
endif()
